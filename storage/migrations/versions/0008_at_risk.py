"""A register of people who may go missing again"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WORDS = ("name", "sex", "features", "health", "places", "phone", "contact_name", "consent")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "atrisk",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("contact_id", sa.Integer(), sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), nullable=False),
        sa.Column("alert_id", sa.Integer(), sa.ForeignKey("alert.id"), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in WORDS),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("picture_id", sa.Integer(), sa.ForeignKey("picture.id"), nullable=True),
        sa.Column("consented_at", UtcTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcTime(timezone=True), nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_atrisk_contact_id", "atrisk", ["contact_id"])
    op.create_index("ix_atrisk_area_id", "atrisk", ["area_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("atrisk")
