"""Marks that reporters give, and what each photo of a case shows"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the photos that are known are those of agreements, and a rating without a mark has none."""
    op.add_column("case", sa.Column("stars", sa.Integer(), nullable=True))
    op.add_column("casepicture", sa.Column("shows", sa.String(), nullable=False, server_default="agreement"))


def downgrade() -> None:
    """Undo; only photos of agreements were known before."""
    op.execute("DELETE FROM casepicture WHERE shows <> 'agreement'")
    with op.batch_alter_table("casepicture") as batch_op:
        batch_op.drop_column("shows")
    with op.batch_alter_table("case") as batch_op:
        batch_op.drop_column("stars")
