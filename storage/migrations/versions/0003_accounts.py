"""Several accounts: who works for each, and which one speaks in a chat"""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

QUEUE = ["state", "priority", "turn", "rank", "id"]


def upgrade() -> None:
    """Apply; each chat belongs to the account that found it last, and so does what waits for it."""
    op.add_column("account", sa.Column("lease_holder", sa.String(), nullable=False, server_default=""))
    op.add_column("account", sa.Column("lease_until", UtcTime(timezone=True), nullable=True))
    # In SQL, as Alembic would rebuild the table on SQLite, which the rows that refer to it forbid.
    op.execute("ALTER TABLE chat ADD COLUMN account_id INTEGER REFERENCES account (id)")
    op.create_index("ix_chat_account_id", "chat", ["account_id"])
    op.execute(
        "UPDATE chat SET account_id = COALESCE("
        "(SELECT account_id FROM roombinding WHERE chat_id = chat.id ORDER BY left_at IS NULL DESC, id DESC LIMIT 1), "
        "(SELECT account_id FROM contactbinding WHERE contact_id = chat.contact_id "
        "ORDER BY friend DESC, id DESC LIMIT 1), "
        "(SELECT MIN(id) FROM account))"
    )
    op.execute(
        "UPDATE deliverypart SET account_id = (SELECT chat.account_id FROM delivery JOIN chat ON "
        "chat.id = delivery.chat_id WHERE delivery.id = deliverypart.delivery_id) WHERE state = 'queued'"
    )
    op.drop_index("ix_part_queue", "deliverypart")
    op.create_index("ix_part_queue", "deliverypart", [QUEUE[0], "account_id", *QUEUE[1:]])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_part_queue", "deliverypart")
    op.create_index("ix_part_queue", "deliverypart", QUEUE)
    op.drop_index("ix_chat_account_id", "chat")
    with op.batch_alter_table("chat") as batch_op:
        batch_op.drop_column("account_id")
    op.drop_column("account", "lease_until")
    op.drop_column("account", "lease_holder")
