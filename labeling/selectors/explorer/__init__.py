"""The task explorer: filters, orders, pages and rows."""

from labeling.selectors.explorer.filters import (
    DECISIONS,
    MAX_CHOSEN,
    STATE_FILTERS,
    STATES,
    TaskFilter,
    matching,
    parse_task_filter,
)
from labeling.selectors.explorer.flagged import Flagged, flagged_named
from labeling.selectors.explorer.open_tasks import OPEN_COUNTED, count_open, open_ids, parse_queue_filter
from labeling.selectors.explorer.pages import (
    BY_SIMILARITY,
    COUNTED,
    DEFAULT_SORT,
    SORTS,
    Matches,
    TaskPage,
    beside,
    first_ids,
    matches,
    page,
)
from labeling.selectors.explorer.rows import (
    Chip,
    GivenAnswer,
    TaskRow,
    chips_of,
    labels_of,
    media_address,
    named_labels,
    rows,
    state_of,
)
from labeling.selectors.explorer.saved import MAX_SAVED, saved_filters

__all__ = [
    "BY_SIMILARITY",
    "COUNTED",
    "DECISIONS",
    "DEFAULT_SORT",
    "MAX_CHOSEN",
    "MAX_SAVED",
    "OPEN_COUNTED",
    "SORTS",
    "STATES",
    "STATE_FILTERS",
    "Chip",
    "Flagged",
    "GivenAnswer",
    "Matches",
    "TaskFilter",
    "TaskPage",
    "TaskRow",
    "beside",
    "chips_of",
    "count_open",
    "first_ids",
    "flagged_named",
    "labels_of",
    "matches",
    "matching",
    "media_address",
    "named_labels",
    "open_ids",
    "page",
    "parse_queue_filter",
    "parse_task_filter",
    "rows",
    "saved_filters",
    "state_of",
]
