"""What a message asks for is found beside the rows of any number of years"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MADE = {
    "ix_picture_at": ("picture", ["at"]),
    "ix_sighting_writer": ("sighting", ["contact_id", "chat_id", "at"]),
    "ix_audit_action": ("auditentry", ["action", "at"]),
}

OPEN = "state IN ('reported', 'assigned', 'accepted', 'in_progress', 'waiting', 'referred', 'reopened')"
FEW = {
    "ix_case_open": ("case", ["state"], OPEN),
    "ix_sighting_picture": ("sighting", ["picture_id"], "picture_id IS NOT NULL"),
    "ix_postpart_picture": ("postpart", ["picture_id"], "picture_id IS NOT NULL"),
    "ix_postpart_said": ("postpart", ["post_id"], "text <> ''"),
}
"""Indexes of few of the rows."""


def upgrade() -> None:
    """Apply."""
    for name, (table, columns) in MADE.items():
        op.create_index(name, table, columns)
    for name, (table, columns, only) in FEW.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))


def downgrade() -> None:
    """Undo."""
    for name, (table, *_) in (FEW | MADE).items():
        op.drop_index(name, table)
