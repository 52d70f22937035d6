"""A roster of who is on duty"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "duty",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), nullable=False),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("begins", UtcTime(timezone=True), nullable=False),
        sa.Column("ends", UtcTime(timezone=True), nullable=False),
    )
    op.create_index("ix_duty_area", "duty", ["area_id", "ends"])
    op.create_index("ix_duty_contact_id", "duty", ["contact_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("duty")
