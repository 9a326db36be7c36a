"""Work that nobody waits for."""

from cyan.jobs.expiries import end_expired
from cyan.jobs.importing import work_on_imports
from cyan.jobs.relay import send_due_notices
from cyan.jobs.runner import Job, Runner

__all__ = ["Job", "Runner", "end_expired", "send_due_notices", "work_on_imports"]
