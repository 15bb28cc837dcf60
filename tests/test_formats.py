import pytest

from index.decoding import label
from index.errors import SourceUnreadable
from index.formats import kind, language, read
from tests import documents
from tests.documents import COST, CRACK, PAGE, PARAGRAPHS, TITLE, VOTE


@pytest.mark.parametrize("name", documents.EVERY)
def test_every_format_gives_its_paragraphs_apart_and_its_language(name: str):
    reading = read(documents.EVERY[name], name)
    blocks = reading.text.split("\n\n")
    if name != "a.md":
        assert [block for block in blocks if block in PARAGRAPHS] == PARAGRAPHS
    assert reading.language == "en"


@pytest.mark.parametrize("name", documents.EVERY)
def test_a_wrong_ending_does_not_change_what_is_read(name: str):
    data = documents.EVERY[name]
    if name not in ("a.txt", "a.md"):  # nothing in the bytes of Markdown says so
        for wrong in ("a.txt", "a.pdf", "a.zip", "a"):
            assert read(data, wrong) == read(data, name)


def test_a_page_gives_its_article_and_nothing_that_stands_around_it():
    reading = read(PAGE.encode(), "a.html")
    for noise in ("cookies", "script", "Sport", "umbrellas", "rights reserved", "alert", "color"):
        assert noise not in reading.text
    assert "Who pays" in reading.text.split("\n\n")
    assert "Spillway | $31m" in reading.text
    assert (reading.title, reading.author, reading.date) == (TITLE, "Maria Lopez", "2025-03-04")
    assert (reading.site, reading.language) == ("The Valley Herald", "en")


@pytest.mark.parametrize("declared", ["windows-1251", "koi8-r", "utf-8", "iso-8859-5"])
def test_a_page_is_decoded_as_it_or_its_server_says(declared: str):
    text = "Совет проголосовал во вторник за новый бюджет. Мэр города сказал, что деньги пойдут на школы."
    page = f"<html><head>{{}}<title>Бюджет</title></head><body><article><p>{text}</p></article></body></html>"
    tag = f"<meta http-equiv=Content-Type content='text/html; charset={declared}'>"
    assert read(page.format(tag).encode(declared), "a.html").text == text
    assert read(page.format("").encode(declared), "a", f"text/html; charset={declared}").text == text


@pytest.mark.parametrize(
    ("title", "body", "said"),
    [
        ("Just a moment...", "<p>Enable JavaScript and cookies to continue</p>", "check for robots"),
        ("herald.example", "<p>Verifying you are human. This may take a few seconds.</p>", "check for robots"),
        ("Access Denied", f"<p>You don't have permission. Reference 18.2. {VOTE}</p>", "check for robots"),
        ("News", "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>", "scripts or cookies"),
        ("News", "<div>You need to enable JavaScript to run this app.</div>", "scripts or cookies"),
        ("News", f"<article><p>{COST}</p><p>Subscribe to continue reading. Already a subscriber?</p></article>", "log in"),
        ("News", "<p>Loading…</p>", "hardly any text"),
        ("", "", "hardly any text"),
    ],
)
def test_a_page_that_is_no_article_is_refused_and_pasting_is_offered(title: str, body: str, said: str):
    page = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    with pytest.raises(SourceUnreadable, match=said) as error:
        read(page.encode(), "a.html")
    assert "paste the text" in str(error.value)


def test_an_article_about_robot_checks_is_no_robot_check():
    text = "A page that says “verify you are human” annoys everyone, said the minister who pays for it on Monday. " * 20
    page = f"<html><head><title>Why pages ask</title></head><body><article><p>{text}</p></article></body></html>"
    assert "annoys everyone" in read(page.encode(), "a.html").text


def test_markdown_loses_its_marks_and_keeps_what_may_be_meant():
    reading = read(documents.MARKDOWN.encode(), "a.md")
    assert (reading.title, reading.date) == (TITLE, "2025-03-04")
    lines = reading.text.split("\n")
    assert "Repairs to the Oroke Dam will cost at least $40 million and take two years." in lines
    assert "“We were lucky,” said Dr. Petrov." in lines
    assert "- 2 ** 3 * 4 and snake_case_name stay" in lines
    assert "1. so does [1] and 5 < 6 * 7" in lines
    assert "**code** stays" in lines
    assert "example.org" not in reading.text
    assert reading.text.startswith(TITLE)


def test_a_pdf_gives_the_offset_at_which_each_page_begins():
    reading = read(documents.pdf([[COST, CRACK], [], [VOTE]]), "a.pdf")
    assert [reading.text[start:][:12] for start in reading.pages] == [COST[:12], VOTE[:12], VOTE[:12]]
    assert reading.text == "\n\n".join(PARAGRAPHS)


def test_a_paragraph_goes_on_over_the_end_of_a_page():
    halves = "The spillway cracked in February after nine days of heavy rain, and about", "twelve thousand people left."
    reading = read(documents.pdf([[COST, halves[0]], [halves[1], VOTE]]), "a.pdf")
    assert " ".join(halves) in reading.text
    assert reading.text[reading.pages[1] :].startswith("twelve")


def test_the_running_head_of_a_pdf_is_left_out():
    pages = [[f"{paragraph} Part {number}."] for number, paragraph in enumerate(PARAGRAPHS * 2)]
    reading = read(documents.pdf(pages, head="The Valley Herald, page"), "a.pdf")
    assert "Herald" not in reading.text
    assert reading.text.count("Part") == 6


def test_a_word_divided_at_the_end_of_a_line_is_whole_again_and_a_compound_keeps_its_hyphen():
    lines = ["The engin-", "eers called it a well-", "known fault of the en-", "gines, and the Anglo-", "French team agreed."]
    text = read(documents.pdf([["\n".join(lines), "It is well-known."]]), "a.pdf").text
    assert text.startswith("The engineers called it a well-known fault of the engines, and the Anglo-French team agreed.")


def test_a_pdf_says_who_wrote_it_and_when():
    reading = read(documents.pdf(title=TITLE, author="Maria Lopez"), "a.pdf")
    assert (reading.title, reading.author) == (TITLE, "Maria Lopez")
    assert reading.date is not None
    assert len(reading.date) == 10
    assert read(documents.pdf(title="Microsoft Word - draft7.doc"), "a.pdf").title is None


def test_a_word_document_gives_headings_rows_and_what_was_inserted():
    blocks = read(documents.word(), "a.docx").text.split("\n\n")
    assert blocks == [TITLE, COST, "Part | Cost", "Spillway | $31m", CRACK, VOTE]
    reading = read(documents.reviewed(), "a.docx")
    assert "Repairs of five gates of the Oroke Dam" in reading.text
    assert (reading.title, reading.author) == (TITLE, "Maria Lopez")


def test_an_e_book_gives_its_chapters_in_reading_order():
    reading = read(documents.book(), "a.epub")
    assert reading.text == "\n\n".join(["One", *PARAGRAPHS])
    assert (reading.title, reading.author, reading.date) == (TITLE, "Maria Lopez", "2025-03-04")
    assert reading.site == "Valley Press"


def test_an_e_mail_gives_its_text_part_sender_and_day():
    reading = read(documents.mail(), "a.eml")
    assert reading.text.strip() == "\n\n".join(PARAGRAPHS)
    assert (reading.title, reading.author, reading.date) == ("Dämme: " + TITLE, "Maria Lopez", "2025-03-05")
    assert read(documents.mail(html_only=True), "a.eml").text == f"{COST}\n\n{CRACK}"


def test_a_page_saved_in_one_file_is_read_as_a_page():
    assert read(documents.saved_page(), "a.mhtml") == read(PAGE.encode(), "a.html")


def test_a_text_that_only_quotes_headers_or_tags_stays_text():
    letter = "Subject: the dam\nDate: unknown\n\nThis letter was found on Monday."
    assert read(letter.encode(), "a.txt").text == letter
    assert kind(b"The tag <html> begins a page, wrote <b>Ann</b>.", "a.txt") == "text"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (COST, "en"),
        ("Short.", None),
        ("1234 5678 " * 20, None),
        ("Совет проголосовал во вторник за новый бюджет города.", "ru"),
    ],
)
def test_the_language_is_told_where_there_is_enough_text(text: str, code: str | None):
    assert language(text) == code


def test_a_name_is_shown_without_controls_and_not_at_length():
    assert label("a\n\u202eb\0.txt") == "ab.txt"
    assert len(label("📰" * 300 + ".txt")) <= 80
    assert label("x" * 300 + ".txt").endswith(".txt")
