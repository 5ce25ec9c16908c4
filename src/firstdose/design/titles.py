"""What each rule is called on paper."""

from firstdose.protocol.rule_names import RuleName
from firstdose.terms.words import Text

TITLES: dict[RuleName, Text] = {
    "three_plus_three": Text("3+3", "3+3"),
    "boin": Text("BOIN", "BOIN"),
    "i3_plus_3": Text("i3+3", "i3+3"),
    "keyboard": Text("keyboard", "键盘（keyboard）"),
    "mtpi_2": Text("mTPI-2", "mTPI-2"),
    "mtpi": Text("mTPI", "mTPI"),
    "tpi": Text("TPI", "TPI"),
    "rolling_six": Text("rolling six", "滚动6例"),
    "crm": Text("CRM", "CRM"),
    "tite_boin": Text("TITE-BOIN", "TITE-BOIN"),
    "tite_crm": Text("TITE-CRM", "TITE-CRM"),
    "boin12": Text("BOIN12", "BOIN12"),
    "blrm": Text("BLRM with overdose control", "BLRM（过量控制）"),
}
"""Names in the literature; most have no Chinese name of their own."""
