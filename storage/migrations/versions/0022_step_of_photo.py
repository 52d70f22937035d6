"""With which step of a case a photo came"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of the photos that are there nobody knows."""
    # In SQL, as Alembic would rebuild the table on SQLite for the sake of the key.
    op.execute("ALTER TABLE casepicture ADD COLUMN step_id INTEGER REFERENCES casestep (id)")


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("casepicture") as batch_op:
        batch_op.drop_column("step_id")
