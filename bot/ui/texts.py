"""Every text of the interface, in one place."""

TITLE = "Footnote"

QUESTION_LABEL = "Your question"
QUESTION_PLACEHOLDER = "Ask about the article"
ASK = "Ask"
OPEN_ARTICLE = "Read the article"

EMPTY_HEADING = "What do you want to know?"
EMPTY_BODY = "The answer comes with the exact sentence it rests on, marked in the article."

BUSY = "Reading the article…"
UNEXPECTED = (
    "Something went wrong in Footnote itself, and it has been logged. Your question is back in the box: try it once more."
)

SEARCHED_FOR = "Searched for: {question}"
SUMMARY_HEADING = "The article in its own sentences"
NEAREST_HEADING = "Nearest sentences"
SHOW_SENTENCE = "Show this sentence in the article"

CLEARLY_STATED = "clearly stated"
LIKELY = "likely"
POSSIBLY = "possibly"
NOT_STATED = "not stated"
ODDS = "{percent} % sure of the answer"
ODDS_NOT_STATED = "{percent} % sure that a sentence answers this"

# What the viewer's script needs, by the names it uses.
VIEWER = {
    "region": "Article",
    "close": "Close the article",
    "evidence": "Evidence for",
    "nearest": "Nearest to",
    "back": "Footnote {n}: back to the answer",
}

PORT_TAKEN = "Port {port} is in use by another program. Choose another with --port, or leave --port out to take a free one."
NO_PORT = "No free port was found between 7860 and 7959. Choose one with --port."
ADDRESS = "Footnote is open at {url}  (stop it with Ctrl+C)"
