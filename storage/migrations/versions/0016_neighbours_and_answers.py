"""Neighbours are told once; the question bank, and what people ask"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; who joined before has been told."""
    op.add_column("casefollower", sa.Column("told_at", UtcTime(timezone=True), nullable=True))
    op.execute("UPDATE casefollower SET told_at = at")
    op.create_index("ix_casefollower_chat", "casefollower", ["chat_id", "at"])
    op.create_index("ix_case_lately", "case", ["area_id", "created_at"])
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("others", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("valid_until", UtcTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=True),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.UniqueConstraint("area_id", "question"),
    )
    op.create_index("ix_answer_at", "answer", ["at"])
    op.create_table(
        "inquiry",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), nullable=False),
        sa.Column("chat_id", sa.Integer(), sa.ForeignKey("chat.id"), nullable=False),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("answer_id", sa.Integer(), sa.ForeignKey("answer.id"), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=True),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.Column("answered_at", UtcTime(timezone=True), nullable=True),
        sqlite_autoincrement=True,
    )
    for name in ("chat_id", "contact_id", "at"):
        op.create_index(f"ix_inquiry_{name}", "inquiry", [name])


def downgrade() -> None:
    """Undo."""
    op.drop_table("inquiry")
    op.drop_table("answer")
    op.drop_index("ix_case_lately", "case")
    op.drop_index("ix_casefollower_chat", "casefollower")
    with op.batch_alter_table("casefollower") as batch_op:
        batch_op.drop_column("told_at")
