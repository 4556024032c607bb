# Part of the integration for zsh: its options and what it keeps in mind. What stands in `$( )` or `<( )` is parsed each time it runs, so
# functions with such a part are without aliases.

: ${GPTOS_ENTER_GUARD_MS=250}
: ${GPTOS_PROGRESS_MS=120}
: ${GPTOS_GUARD_MS=100}
: ${GPTOS_CONFIRM_MS=700}
: ${GPTOS_PREFETCH=0}
: ${GPTOS_NOTE=1}
: ${GPTOS_SCOPES=}
: ${GPTOS_HASH=0}

# The request under way: its fd (0 = none), its process, what it has written, the buffer it was asked for, whether it extends the ring.
typeset -gi _GPTOS_FD=${_GPTOS_FD:-0} _GPTOS_PID=${_GPTOS_PID:-0} _GPTOS_CANCELLED=0 _GPTOS_EXTENDS=0
typeset -g _GPTOS_INPUT='' _GPTOS_ASKED='' _GPTOS_USER_TRAP=${_GPTOS_USER_TRAP-}
# What its answer held so far.
typeset -ga _GPTOS_NEW=() _GPTOS_NEW_NOTES=() _GPTOS_NEW_READINGS=()
typeset -g _GPTOS_NEW_MORE='' _GPTOS_NEW_HOLES='' _GPTOS_NEW_READING='' _GPTOS_NEW_TOOK='' _GPTOS_REMARK='' _GPTOS_REFUSED=0
# What the binary is told beside the words, each as `key=value`: of the line that was read last, and of the request.
typeset -ga _GPTOS_FIELDS=() _GPTOS_ASKED_FIELDS=()
# The rows of a line that is read aloud, until they are shown.
typeset -ga _GPTOS_ROWS=()
# What it waits for and since when, the candidate that may be taken until the answer is here, and whether it was taken.
typeset -g _GPTOS_ELAPSED='' _GPTOS_WAITING_FOR='' _GPTOS_MEANWHILE='' _GPTOS_MEANWHILE_NOTE=''
typeset -gi _GPTOS_TAKEN=0
# What was said last, and the last sign of progress.
typeset -g _GPTOS_SAID='' _GPTOS_PROGRESS='' _GPTOS_KEY_NAME='the key'
# The line at which Enter did nothing, and what more than a note may say of it.
typeset -g _GPTOS_WITHHELD='' _GPTOS_WHY=''
# The suggestions for this line: the ring, where in it the line is (0 = the original words), and who could be asked for more.
typeset -ga _GPTOS_RING=() _GPTOS_NOTES=() _GPTOS_READINGS=() _GPTOS_TOOKS=() _GPTOS_REMARKS=()
typeset -g _GPTOS_AT=0 _GPTOS_ORIGINAL='' _GPTOS_SHOWN='' _GPTOS_NOTE='' _GPTOS_MORE='' _GPTOS_QUERY=''
# The suggestion that what stands below the line is about ('' = none, as the line is words or empty).
typeset -g _GPTOS_NOTED=''
# Whether other ways than the answer may be asked for, and whether the answer that is coming says so.
typeset -gi _GPTOS_OTHERS=0 _GPTOS_NEW_OTHERS=0
# The line as typed, for the history; set from the first suggestion shown until the line is done. Before it, those whose suggestions were
# changed by words behind them.
typeset -g _GPTOS_TYPED='' _GPTOS_TYPED_ASKED=''
typeset -ga _GPTOS_TYPED_BEFORE=()
# Whether the request is for a list, whether its suggestions wait to be chosen from, and whether Tab is waiting for them.
typeset -gi _GPTOS_LISTS=0 _GPTOS_LIST_WAITS=0 _GPTOS_LIST_AWAITED=0
# What the keys meant that are ours on this line, and whether they are.
typeset -gA _GPTOS_BORROWED
typeset -gi _GPTOS_HAS_KEYS=${_GPTOS_HAS_KEYS:-0}
# The line of words that came back last, and what the others begin with.
typeset -g _GPTOS_RECALLED='' _GPTOS_RECALLS=''
# The suggestion shown last for this line, and the words it came of; and those of the suggestion that was to be changed.
typeset -g _GPTOS_OFFERED='' _GPTOS_OFFERED_WORDS='' _GPTOS_BEHIND=''
typeset -ga _GPTOS_CHANGED=()
# The last suggestion of this shell that was nobody's secret, its words, and where and when it was shown: later words may want it changed.
typeset -g _GPTOS_LATEST=${_GPTOS_LATEST-} _GPTOS_LATEST_WORDS=${_GPTOS_LATEST_WORDS-} _GPTOS_LATEST_IN=${_GPTOS_LATEST_IN-}
typeset -gF _GPTOS_LATEST_AT=${_GPTOS_LATEST_AT:-0}
# Whether the buffer descends from a suggestion, and what was run of it; the line as it was entered.
typeset -g _GPTOS_DESCENDS=0 _GPTOS_ACCEPTED=0 _GPTOS_RUNNING='' _GPTOS_ENTERED=''
# While this fd is open, Enter is swallowed.
typeset -gi _GPTOS_GUARD_FD=${_GPTOS_GUARD_FD:-0}
typeset -gF _GPTOS_GUARD_DUE=0
# How long it is to be, in milliseconds.
typeset -gi _GPTOS_GUARD_MS_NOW=0
# The line that waits for a second Enter: its text, its place in the undo history, what was said of it, and when Enter came too early.
typeset -g _GPTOS_HELD='' _GPTOS_HELD_CHANGE='' _GPTOS_HELD_REASON=''
typeset -gF _GPTOS_EARLY_ENTER=0
# When a connection was last asked for.
typeset -gF _GPTOS_WARMED=0
# The line as it was drawn last and since when it is so; the fd that ends the wait for a pause (0 = none) and when that wait is over; the
# words that were asked ahead last.
typeset -g _GPTOS_DRAWN='' _GPTOS_AHEAD=''
typeset -gF _GPTOS_DRAWN_AT=0 _GPTOS_PAUSE_ENDS=0
typeset -gi _GPTOS_PAUSE_FD=${_GPTOS_PAUSE_FD:-0}
# What is to be said when the line runs although it was not judged.
typeset -g _GPTOS_UNCHECKED=''
# Suggestions of this shell, and lines made of them, which may come back as a line of their own.
typeset -ga _GPTOS_SEEN=(${_GPTOS_SEEN[@]})
# The holes of suggestions of this shell, by the text of these; those of this line in their order, what stood in front of each in its word,
# and the line as it was drawn last.
typeset -gA _GPTOS_HOLED
typeset -ga _GPTOS_HOLES=() _GPTOS_GLUE=()
typeset -g _GPTOS_DRAFT=''
typeset -gi _GPTOS_N_HOLES=0 _GPTOS_HOLES_LIT=0
# How many signs of redirections the command has beside its holes, and the line that was told to have more.
typeset -gi _GPTOS_HOLE_SIGNS=0
typeset -g _GPTOS_ODD=''
# The functions that two hooks of the line editor called before ours.
typeset -g _GPTOS_FORMER_INIT=${_GPTOS_FORMER_INIT-} _GPTOS_FORMER_FINISH=${_GPTOS_FORMER_FINISH-}
# Options of the user that count while our own hold.
typeset -g _GPTOS_BANG_HIST=off _GPTOS_COMMENTS=off
