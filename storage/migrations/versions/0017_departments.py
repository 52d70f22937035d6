"""Departments and mediators: their names, who was called to which case, and photos of cases"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "casecall",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=True),
        sa.Column("called_by", sa.Integer(), sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("called_at", UtcTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcTime(timezone=True), nullable=False),
        sa.Column("reported_at", UtcTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.Integer(), sa.ForeignKey("contact.id"), nullable=True),
        sa.Column("returned_at", UtcTime(timezone=True), nullable=True),
    )
    op.create_index("ix_casecall_case_id", "casecall", ["case_id"])
    for table, name in (("case", "department"), ("appointment", "title")):
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_table(
        "casepicture",
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("picture_id", sa.Integer(), sa.ForeignKey("picture.id"), primary_key=True),
    )
    op.create_index("ix_casepicture_picture_id", "casepicture", ["picture_id"])


def downgrade() -> None:
    """Undo; what a department had in hand is its last owner's. Its people and the mediators hold no role any more."""
    op.drop_table("casepicture")
    op.execute("DELETE FROM appointment WHERE role IN ('department', 'mediator')")
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.drop_column("title")
    with op.batch_alter_table("case") as batch_op:
        batch_op.drop_column("department")
    op.drop_table("casecall")
