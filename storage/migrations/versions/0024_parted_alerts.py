"""What a report brought into the alert that it was merged into, so that a wrong merge can be undone"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOVED = ("alert", "sighting", "stray")


def upgrade() -> None:
    """Apply; of what was merged before, nobody knows where it came from."""
    op.add_column("alert", sa.Column("brought", sa.JSON(), nullable=True))
    for table in MOVED:
        op.add_column(table, sa.Column("via_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Undo."""
    for table in MOVED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("via_id")
    with op.batch_alter_table("alert") as batch_op:
        batch_op.drop_column("brought")
