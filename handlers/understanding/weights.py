"""The weight of each sign for each kind. Positive speaks for the kind; chat starts ahead of all."""

from __future__ import annotations

from handlers.understanding.model import Kind

_M, _S, _F, _T = Kind.MISSING, Kind.SIGHTING, Kind.FOUND, Kind.STRAY
_E, _R, _C, _G, _Q, _H = Kind.EMERGENCY, Kind.REQUEST, Kind.COMPLAINT, Kind.SUGGESTION, Kind.QUESTION, Kind.CHAT

BIAS: dict[Kind, float] = {
    _M: 0.0, _S: 0.0, _F: 0.0, _T: 0.0, _E: 0.0, _R: 0.0, _C: 0.0, _G: 0.0, _Q: 0.0, _H: 3.0,
}  # fmt: skip

WEIGHTS: dict[str, dict[Kind, float]] = {
    # a person is missing
    "lost_person": {_M: 4.5},
    "lost_bare": {_M: 2.0},
    "gone_person": {_M: 3.0},
    "gone_bare": {_M: 0.7},
    "away_person": {_M: 1.3},
    "away_bare": {_M: 0.3},
    "kin_lost": {_M: 0.7, _T: -1.5, _S: -1.0},
    "thing_lost": {_M: -6.0, _H: 1.5},
    "seek_kin": {_M: 4.0},
    "seek_anyone": {_M: 2.0},
    "seek": {_M: 1.3},
    "described": {_M: 2.5},
    "long_away": {_M: 1.6},
    "panic": {_M: 1.3},
    "frail": {_M: 1.5},
    "nophone": {_M: 1.5},
    "asks_back": {_M: -5.0, _H: 1.0},
    # somebody was seen
    "alertref": {_S: 3.5, _M: -0.5},
    "saw_person": {_S: 1.5},
    "saw_bare": {_S: 0.7},
    "guess": {_S: 1.6},
    "seen_look": {_S: 0.6},
    "alert_saw": {_S: 1.5},
    # found again
    "back_strong": {_F: 4.5, _M: -3.0},
    "back_weak": {_F: 2.0, _M: -2.0},
    "back_bare_strong": {_F: 2.0, _M: -2.0},
    "back_bare_weak": {_F: 0.8, _M: -1.0},
    "alert_back": {_F: 2.5},
    "back_thing": {_F: -4.0, _M: -2.0},
    "safe": {_F: 2.0, _M: -0.5},
    "safe_more": {_F: 1.0},
    # lost and here
    "whose": {_T: 4.5},
    "dazed": {_T: 3.5},
    "picked": {_T: 2.5},
    "stray_here": {_T: 1.5},
    "own_kin": {_T: -3.5, _M: 1.0},
    # life in danger
    "alarm": {_E: 4.2},
    "alarm_more": {_E: 2.0},
    "alarm_here": {_E: 1.0},
    "rescue": {_E: 1.5},
    "alarm_over": {_E: -4.0, _H: 1.0},
    "alarm_like": {_H: 1.0},
    # cases
    "about": {_R: 0.5, _C: 0.5, _G: 0.3, _Q: 0.5},
    "defect_about": {_R: 3.2, _C: 1.2},
    "nuisance_about": {_C: 3.8, _R: 0.5},
    "neglect_about": {_C: 1.5},
    "defect_neglect": {_C: 1.5},
    "ask_about": {_R: 2.4},
    "plead_about": {_R: 1.2},
    "accuse_about": {_C: 3.5},
    "propose_about": {_G: 4.0},
    "inquire_about": {_Q: 2.2},
    "askfirst_about": {_Q: 2.5},
    "question_end": {_Q: 1.5},
    "lead_plead": {_R: 4.5},
    "lead_accuse": {_C: 5.5},
    "lead_propose": {_G: 6.5},
    "lead_inquire": {_Q: 6.5},
    "lead_about": {_Q: 1.0, _R: 1.0},
    "ours": {_R: 0.5, _C: 0.4},
    "household": {_R: 2.0},
    "worker": {_C: 0.3, _R: 0.3},
    # talk
    "tale": {_H: 2.2},
    "joke": {_H: 2.5},
    "praise": {_H: 4.0},
    "past": {_H: 2.2},
    "thanks": {_H: 1.6},
    "advert": {_H: 1.8},
    "advert_more": {_H: 2.0},
    "notice": {_H: 2.5},
    "you": {_H: 3.0},
    "to_you": {_H: 1.5},
}
