"""Changes of cases wait for webhooks"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hookdelivery",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("case.id"), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("case_state", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), nullable=False),
        sa.Column("due_at", UtcTime(timezone=True), nullable=True),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.Column("next_at", UtcTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hook_case", "hookdelivery", ["hook", "state", "case_id", "id"])
    op.create_index("ix_hookdelivery_case_id", "hookdelivery", ["case_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("hookdelivery")
