"""Every text of the interface, in one place."""

TITLE = "Footnote"

QUESTION_LABEL = "Your question"
QUESTION_PLACEHOLDER = "Ask a question"
ASK = "Ask"
OPEN_ARTICLE = "Read the article"
READ = "Read"  # the same where there is little room

EMPTY_HEADING = "What do you want to know?"
EMPTY_BODY = "The answer comes with the exact sentence it rests on, marked in the article."

BUSY = "Reading the article…"
UNEXPECTED = (
    "Something went wrong in Footnote itself, and it has been logged. Your question is back in the box: try it once more."
)

STOP = "Stop"
STOPPED = "Stopped before there was an answer."
ASK_AGAIN = "Ask again"
QUESTION_GONE = "This question is no longer in the conversation."
EDIT = "Edit the question"
EARLIER = "Show {count} earlier questions"

SEARCHED_FOR = "Searched for: {question}"
AS_TYPED = "Search as typed"
DIFFERING_HEADING = "The articles give different figures"
SUMMARY_HEADING = "The article in its own sentences"
NEAREST_HEADING = "Nearest sentences"
SHOW_SENTENCE = "Show this sentence in the article"

CLEARLY_STATED = "clearly stated"
LIKELY = "likely"
POSSIBLY = "possibly"
NOT_STATED = "not stated"
ODDS = "{percent} % sure of the answer"
ODDS_NOT_STATED = "{percent} % sure that a sentence answers this"

# What the reader thinks of an answer: what is offered, and what is chosen.
VERDICTS = {"up": ("Right", "This answer is right"), "down": ("Wrong", "This answer is wrong")}
CHOSEN = "✓ {verdict}"
TAKE_BACK = "Take this back"

# What a language model writes below the extracted answer.
WRITING = "{model} is writing…"
WRITTEN = "Written by {model}"
LEFT_OUT = "{count} left out"
STOPPED_WRITING = "Stopped. What stands above was checked."
WRITING_FAULT = "Something went wrong in Footnote itself, and it has been logged. The answer above stands."

# What the strip between conversation and question box needs, by the names its script uses.
STRIP = {
    "next": "Ask next",
    "reason": "What is wrong with it? (optional)",
    "save": "Save",
    "skip": "Skip",
}

# What the viewer's script needs, by the names it uses.
VIEWER = {
    "region": "Article",
    "close": "Close the article",
    "evidence": "Evidence for",
    "nearest": "Nearest to",
    "back": "Footnote {n}: back to the answer",
    "by": "By {author}",
    "pages": "{pages} pages",
    "page": "page {page}",
    "citations": "Citations",
    "previous": "Previous citation",
    "next": "Next citation",
    "place": "{n} of {count}",
    "walked": "Citation {n} of {count}: {text}",
    "strip": "Where the evidence lies",
    "tick": "Footnote {n}, {percent} % down the article",
    "search": "Search in the article",
    "hit_before": "Previous match",
    "hit_after": "Next match",
    "search_close": "Close the search",
    "no_hit": "not found",
    "card": "About the citation",
    "odds": "{percent} % sure that this sentence answers the question",
    "removed": "no longer on the shelf",
    "copy": "Copy as quotation",
    "copied": "The quotation is copied.",
    "not_copied": "The browser did not allow copying.",
    "about": "Ask about this",
    "about_this": "About “{text}”: ",
    "help": "Keyboard",
    "help_close": "Close",
    "keys": [
        ("/", "Go to the question box"),
        ("Enter", "Ask"),
        ("Shift+Enter", "Begin a new line in the question"),
        ("↑ ↓", "Bring back earlier questions, from an empty box"),
        ("n p", "Next and previous citation"),
        ("f", "Search in the article"),
        ("a", "Ask about the selected text, or about the citation"),
        ("Esc", "Close what is open and go back"),
        ("?", "This sheet"),
    ],
}

PORT_TAKEN = "Port {port} is in use by another program. Choose another with --port, or leave --port out to take a free one."
NO_PORT = "No free port was found between 7860 and 7959. Choose one with --port."
ADDRESS = "Footnote is open at {url}  (stop it with Ctrl+C)"

# The shelf of articles, and which of them are asked.
SHELF = "Articles"
ASKING = "Asking:"
ASKING_OPEN = "this article"
ASKING_NONE = "no article"
ASKING_ONE = "1 article"
ASKING_TICKED = "{count} articles"
ASKING_ALL = "all {count} articles"
REMOVED = "removed"
PAGE = "p. {page}"
SENTENCES = "{count:,} sentences"
ONE_SENTENCE = "1 sentence"
NO_DATE = "undated"

# What the reader shows while no article is open.
BLANK_TITLE = "No article is open"
BLANK_EMPTY = "The shelf is empty. Choose Articles, then Add, and give Footnote a file, an address or a text."
BLANK_CLOSED = "Choose Articles to open one."
BLANK_REMOVED = "The article that was open here has been removed. Choose Articles to open another."

SEARCH = "Search the articles"
SORT = "Sort by"
SORT_ADDED = "Added"
SORT_PUBLISHED = "Published"
SHELF_EMPTY = "No articles yet. Add a file, a web address or a pasted text, and ask away."
SHELF_NOTHING_FOUND = "No article matches. Try fewer words."
SHELF_MORE = "{count:,} more. Search to narrow the list."
REMOVED_ARTICLE = "Removed “{title}”."
RESTORED_ARTICLE = "“{title}” is back."
ALREADY_REMOVED = "It was removed in another window."

# What the shelf's scripts need, by the names they use.
SHELF_LABELS = {
    "tick": "Ask “{title}”",
    "rename": "Rename",
    "renaming": "New title of “{title}”",
    "remove": "Remove",
    "save": "Save",
    "cancel": "Cancel",
    "undo": "Undo",
    "list": "Articles on the shelf",
}

# The conversations.
TALKS = "Conversations"
NEW_TALK = "New conversation"
CLOSE_TALKS = "Close the conversations"
ANSWERING = "An answer is still under way here. Stop it, or wait for it."
SEARCH_TALKS = "Search the conversations"
TALKS_EMPTY = "Nothing has been asked yet. What you ask is kept here, on this machine."
TALKS_NOTHING_FOUND = "No conversation matches. Try fewer words."
TALKS_MORE = "{count:,} more. Search to narrow the list."
QUESTIONS = "{count:,} questions"
ONE_QUESTION = "1 question"
TODAY = "today, {time}"
DELETED_TALK = "Deleted “{title}”."
RESTORED_TALK = "“{title}” is back."
TALKS_LABELS = {
    "rename": "Rename",
    "renaming": "New name of “{title}”",
    "remove": "Delete",
    "save": "Save",
    "cancel": "Cancel",
    "undo": "Undo",
    "list": "Conversations",
    "keep": "Save the open one as",
}

# The settings.
SETTINGS = "Settings"
CLOSE_SETTINGS = "Close the settings"
SETUP = {
    "lead": "Answers are quoted from the articles. A language model can write a fuller one below, and Footnote checks "
    "every sentence of it against the sentences it cites.",
    "kinds": "Language model",
    "none": "None: answers are quoted, nothing is written",
    "ollama": "Ollama, on this machine",
    "url": "A server that speaks OpenAI’s protocol, such as LM Studio",
    "openai": "OpenAI: your questions and sentences of the articles are sent there",
    "gguf": "A model file (GGUF)",
    "address": "Address",
    "model": "Model",
    "file": "Path of the file",
    "list": "List models",
    "test": "Test",
    "models": "Models of this server",
    "shown": "What is not found in the article is",
    "marked": "struck through, with the reason",
    "strict": "left out, and counted",
    "reword": "Let the model word follow-up questions too (slower)",
    "save": "Save",
    "waiting": "Asking the server…",
    "key_set": "The key is there: it is read from {variable} in the environment.",
    "key_needed": "There is no key yet: put it into {variable} in the environment and start Footnote again.",
    "key_unset": "Should the server want a key: put it into {variable} in the environment and start Footnote again.",
}
MODELS_LISTED = "{count} found. Choose one."
NO_MODELS = "The server has no models yet."
MODEL_ANSWERS = "It answers. The first word took {seconds:.1f} seconds."
SETTINGS_KEPT = "Saved. It holds from the next question on."
INSTEAD = "While this Footnote runs, {setting} is used instead, as the command line says."

ADD = "Add"
CLOSE_SHELF = "Close the articles"
ADD_FILES = "Files"
ADD_FILES_DROP = "Drop files or folders here, or choose files"
ADD_FILES_KINDS = "Text, Markdown, web pages, PDF, Word, EPUB, e-mail, or a .zip of these"
ADD_FOLDER = "Choose a whole folder"
ADD_ADDRESS = "Web address"
ADD_ADDRESS_PLACEHOLDER = "https://…  or several, one on each line"
ADD_TEXT = "Text"
ADD_TEXT_PLACEHOLDER = "Paste the text of an article"
ADD_TEXT_TITLE = "Title (optional)"

# Taking in: the stages, by the names that index/intake.py gives them, and what became of each source.
STAGES = {
    "reading": "Reading",
    "splitting": "Splitting into sentences",
    "embedding": "Embedding {done:,} of {total:,}",
    "saving": "Saving",
}
OUTCOMES = {
    "added": "Added",
    "present": "Already on the shelf",
    "replaced": "New version, replaces the old one",
    "refused": "Not added",
    "cancelled": "Cancelled",
}
OUTCOME_COUNTS = {
    "added": "{count} added",
    "replaced": "{count} replaced",
    "present": "{count} already there",
    "refused": "{count} not added",
    "cancelled": "{count} cancelled",
}
INTAKE = {
    "region": "Adding articles",
    "cancel": "Cancel",
    "cancelling": "Cancelling…",
    "dismiss": "Dismiss",
    "paste": "Paste its text instead",
    "ask": "Ask about it",
    "progress": "Progress",
}
INTAKE_STARTING = "Starting…"
INTAKE_NOTHING = "There is nothing to add yet."
INTAKE_FAULT = "Something went wrong in Footnote itself, and it has been logged. What was added before that is kept."

LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish",
    "de": "German", "el": "Greek", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "ga": "Irish", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch",
    "no": "Norwegian", "nb": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sk": "Slovak", "sl": "Slovene", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}

# The tool for other programs.
MCP_MISSING = 'The MCP tool needs packages that are not installed. Install them with: pip install "gradio[mcp]>=6.31,<7"'
