"""Alerts about one person are one alert"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # In SQL, as Alembic would rebuild the table on SQLite, which the rows that refer to it forbid.
    op.execute("ALTER TABLE alert ADD COLUMN merged_id INTEGER REFERENCES alert (id)")
    op.create_index("ix_alert_merged_id", "alert", ["merged_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_alert_merged_id", "alert")
    with op.batch_alter_table("alert") as batch_op:
        batch_op.drop_column("merged_id")
