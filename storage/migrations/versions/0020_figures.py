"""What the figures of cases need: indexes, two marks on a case, and what workers add to their logs"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_case_created": ("case", ["created_at"]),
    "ix_case_done": ("case", ["done_at"]),
    "ix_casestep_actor": ("casestep", ["actor_id", "at"]),
}


def upgrade() -> None:
    """Apply; who has taken a case until now is taken for who took it first."""
    op.add_column("case", sa.Column("answered_late", sa.Boolean(), nullable=True))
    op.add_column("case", sa.Column("beyond", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        'UPDATE "case" SET answered_late = coalesce(taken_at > coalesce(answer_due_at, due_at), false) '
        "WHERE taken_at IS NOT NULL"
    )
    op.execute("UPDATE \"case\" SET beyond = true WHERE raised_id IS NOT NULL OR state = 'referred'")
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.create_table(
        "worklog",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_worklog_day", "worklog", ["contact_id", "day"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("worklog")
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
    with op.batch_alter_table("case") as batch_op:
        batch_op.drop_column("beyond")
        batch_op.drop_column("answered_late")
