"""A town's map picture; groups are asked whose family somebody is"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "areamap",
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), primary_key=True),
        sa.Column("picture_id", sa.Integer(), sa.ForeignKey("picture.id"), nullable=True),
        sa.Column("next_id", sa.Integer(), sa.ForeignKey("picture.id"), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
    )
    # In SQL, as Alembic would rebuild the table on SQLite, which the rows that refer to it forbid.
    op.execute("ALTER TABLE stray ADD COLUMN post_id INTEGER REFERENCES post (id)")
    op.execute("ALTER TABLE stray ADD COLUMN photo_by INTEGER REFERENCES contact (id)")
    op.add_column("stray", sa.Column("asked_at", UtcTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("stray") as batch_op:
        for name in ("asked_at", "photo_by", "post_id"):
            batch_op.drop_column(name)
    op.drop_table("areamap")
