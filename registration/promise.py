"""承诺声明: what the worker ticks before applying (R-REG-08, rulebook §3.5)."""

#: Kept with every application; give it a new date whenever the text changes.
PROMISE_VERSION = "2026-11"

PROMISE_TEXT = (
    "本人承诺所填信息及所附材料真实、准确、完整，遵纪守法、恪守职业道德，具有完全民事行为能力；"
    "如有虚假，自愿承担撤销登记等后果。"
)
