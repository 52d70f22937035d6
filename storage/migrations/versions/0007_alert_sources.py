"""Alerts that came from other systems: the records they came by"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alertsource",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_alertsource_alert_id", "alertsource", ["alert_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("alertsource")
