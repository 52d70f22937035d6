"""Cases that were open before reminders were rows get theirs at the next start"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)
OPEN = ("reported", "assigned", "accepted", "in_progress", "referred", "reopened")


def upgrade() -> None:
    """Apply: working time is not a matter of SQL, so one due row has them planned."""
    due = sa.table("dueitem", sa.column("kind"), sa.column("ref"), sa.column("due_at"), sa.column("tries"))
    case = sa.table("case", sa.column("state"))
    at = sa.bindparam("at", AT_ONCE, type_=UtcTime(timezone=True))
    row = sa.select(sa.literal("case.plan"), sa.literal("0"), at, sa.literal(0))
    row = row.where(sa.exists(sa.select(sa.literal(1)).select_from(case).where(case.c.state.in_(OPEN))))
    op.execute(sa.insert(due).from_select(["kind", "ref", "due_at", "tries"], row))


def downgrade() -> None:
    """Undo."""
    op.execute("DELETE FROM dueitem WHERE kind = 'case.plan'")
