"""Every text of the pages, in both languages."""

from firstdose.faces.web.words_design import DESIGN
from firstdose.faces.web.words_frame import FRAME
from firstdose.faces.web.words_record import RECORD
from firstdose.faces.web.words_trial import TRIAL
from firstdose.terms.words import Text

WORDS: dict[str, Text] = FRAME | TRIAL | RECORD | DESIGN

SEVERAL: dict[str, tuple[Text, Text]] = {
    "days_left": (Text("{n} day left", "剩余 {n} 天"), Text("{n} days left", "剩余 {n} 天")),
    "n_places": (Text("{n} place", "{n} 个名额"), Text("{n} places", "{n} 个名额")),
    "n_forms": (Text("{n} form", "{n} 份表单"), Text("{n} forms", "{n} 份表单")),
    "n_flagged": (
        Text("{n} outside reference", "{n} 项超出参考范围"),
        Text("{n} outside reference", "{n} 项超出参考范围"),
    ),
    "n_values": (Text("{n} value", "{n} 项数值"), Text("{n} values", "{n} 项数值")),
    "n_entries": (Text("{n} entry", "{n} 条"), Text("{n} entries", "{n} 条")),
}
"""Texts with a number: for one, and for several."""
