"""When two prompts ask the same question, and what keeps others apart."""

import json
import time
from pathlib import Path

import pytest

from kernels.reuse.question import question

SUITES = Path(__file__).parents[2] / "kwsite" / "bench" / "reuse_suites"


def differences(one: str, other: str) -> list[str]:
    found = question(one).differences(question(other))
    assert bool(found) == bool(question(other).differences(question(one)))
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the capital of France?", "Could you tell me France's capital, please?"),
        ("Convert 5 km to miles", "please convert five kilometres to miles."),
        ("What's the total of invoice INV-2231?", "Give me the sum of invoice INV-2231"),
        ("How do I sort a list in Python?", "In Python, how can I sort a list?"),
        ("List flights from Paris to Rome", "flights to Rome from Paris"),
        ("Flights from Paris on 2024-05-01 to Rome", "flights to Rome from Paris on 2024-05-01"),
        ("In Python, how do I sort by age?", "How do I sort by age in Python?"),
        ("Don't include drafts", "do not include drafts"),
        ("How much is $1,500 in euros?", "how much is 1500 dollars in euros"),
        ("How do I reset it?", "Please explain how I reset it"),
        ("Has the client signed it?", "Has it been signed by the client?"),
        ("When was it on 5 March 1999?", "When was it on march 5th, 1999?"),
        ("What is the capital of Peru?", "what is the capital of peru"),
        ("Multiply twelve by eleven", "Multiply 12 by 11"),
        ("In 2019 who won the cup?", "Who won the cup in 2019?"),
        ("Why doesn't it work?", "Why does it not work?"),
        ("Which staff members speak Arabic?", "Which employees speak Arabic?"),
        ("Who wrote the report?", "do you know who wrote the report"),
        ("It costs twenty-five dollars", "it costs $25"),
        ("Organise the catalogue by colour", "Organize the catalog by color"),
        ("Does the plan cover theft?", "Is theft covered by the plan?"),
        ("Who designed the logo?", "By whom was the logo designed?"),
        ("How do I sharpen a knife?", "How is a knife sharpened?"),
        ("Summarise the report", "Write a summary of the report"),
        ("How tall is the tower?", "What is the height of the tower?"),
        ("Who wrote the novel?", "Who is the author of the novel?"),
        ("What is 5 km in miles?", "Convert five kilometres to miles"),
        ("What is 3 times 4?", "Multiply 4 by 3"),
        ("Is 2.5 kg too heavy?", "Is 2.5 kilograms too heavy?"),
        ("Explain what a lease is", "Hi all, I'd be glad if you could tell me what a lease is."),
        ("Do I have to pay?", "Am I required to pay?"),
        ("How often is it retried when it fails?", "When it fails, how often is it retried?"),
        ("List the dates and amounts in it", "List every amount and date in it"),
        ("Delete the file notes.txt", "Get rid of the file notes.txt"),
        ("Update order 9917's status", "Update the status of order 9917"),
        ("Could you translate to German: big house", "Translate into German: big house"),
        ("Write a summary of the email: Hi Bob", "Summarise the email: Hi Bob"),
        ("Please count the words:\nthe cat", "Count the words:\nthe cat"),
        ("Can you tell me what !x does in Ruby?", "What does !x do in Ruby?"),
        ("Please, what is the plural of mouse?", "What's the plural of mouse"),
        ("Could you tell me how to spell zeal?", "Tell me how to spell zeal"),
        ("What does HTTP 418 mean? Thank you.", "What does HTTP 418 mean?"),
        ("Dear team, what does HTTP 418 mean?", "What does HTTP 418 mean?"),
        ("What is .75 as a percentage?", "What is 0.75 as a percentage?"),
        ("Get the maximum in column B", "What is the maximum in column B?"),
        ("Reply in at most 50 words", "Could you please reply in at most 50 words"),
        ("Define the word 'zeal'.", "What does the word 'zeal' mean?"),
        ("Explain `ls -l`", "please explain `ls -l`, thanks"),
        ("Quick one: how do I cancel?", "How do I cancel?"),
        ("How many watts are 3 MW?", "How many watts are three megawatts?"),
        ("Does it open at 5 PM?", "does it open at 17:00?"),
        ("What is 100 US dollars in euros?", "what is 100 us dollars in euros"),
        ("Fix the error in Python", "Repair the mistake in Python"),
        ("Is the Wi-Fi of Ann's PC fast?", "is the wi-fi of Ann's computer quick?"),
        ("HOW DO I FIX A BIKE?", "How do I repair a bicycle?"),
        ("How do I delete a row in SQL?", "How do I erase a row in SQL?"),
        ("Which film did Ann Lee watch?", "Which movie did Ann Lee watch?"),
        ("Who founded the firm?", "Who founded the company?"),
        ('Find "Blue Heron" in the index', "find \u201cBlue Heron\u201d in the index"),
    ],
)
def test_the_same_question_in_other_words(one: str, other: str) -> None:
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Convert 5 km to miles", "Convert 50 km to miles", "5 km / 50 km"),
        ("Convert 5 km to miles", "Convert 5 m to miles", "5 km / 5 m"),
        ("What is 17*23?", "What is 17*24?", "23 / 24"),
        ("What is 8 - 3?", "What is 8 + 3?", "- / +"),
        ("What is 8 - 3?", "What is 3 - 8?", "in another order"),
        ("Enable the firewall", "Disable the firewall", "enabl / disabl"),
        ("Is it safe to delete?", "Is it unsafe to delete?", "saf / unsaf"),
        ("List files with errors", "List files without errors", "phrases"),
        ("Can I cancel?", "Can't I cancel?", "negation"),
        ("Flights from Paris to Rome", "Flights from Rome to Paris", "phrases"),
        ("Does Anna manage Bert?", "Does Bert manage Anna?", "in another order"),
        ("Who was the director?", "Who is the director?", "tense"),
        ("What did they ship?", "What will they ship?", "tense"),
        ("Who read the report?", "Who reads the report?", "tense"),
        ("Who quit the team?", "Who quits the team?", "tense"),
        ("Which tests hit the bug?", "Which tests have hit the bug?", "tense"),
        ("Who has come?", "Who comes?", "tense"),
        ("Has he been ill?", "Is he ill?", "tense"),
        ("Who is smoking?", "Who smokes?", "tense"),
        ("Which planes can land?", "Which planes could land?", "can / could"),
        ("Why do few people vote?", "Why do a few people vote?", "few / a_few"),
        ("Does it need little water?", "Does it need a little water?", "little"),
        ("Is little water in it?", "Is small water in it?", "littl / small"),
        ("When was it sent?", "Who sent it?", "kind of question"),
        ("Status of order A-17", "Status of order A-71", "a-17 / a-71"),
        ("Events on 2024-05-01", "Events on 2024-05-02", "2024-05-01 / 2024-05-02"),
        ("Open report.csv", "Open report2.csv", "report.csv / report2.csv"),
        ("Must I pay?", "Can I pay?", "must / can"),
        ("Meetings before noon", "Meetings after noon", "phrases"),
        ("How much do I owe you?", "How much do you owe me?", "nothing / me"),
        ("Do I pay the host?", "Is the host paid?", "passive"),
        ("Which teams did beat Ajax?", "Which teams were beaten by Ajax?", "in another order"),
        ("Which forms must I not sign?", "Which forms do I not have to sign?", "must / nothing"),
        ("Is it possible to enter?", "Is it allowed to enter?", "can / may"),
        ("How much is a glass of wine?", "How much is a wine glass?", "of wine / nothing"),
        ("Translate 'cars'", "Translate 'car'", '"cars"'),
        ("Rate great 😀", "Rate great 😡", "😀 / 😡"),
        ("Does a|b work?", "Does a b work?", "| / nothing"),
        ("What is (2 + 3) * 4?", "What is 2 + (3 * 4)?", "in another order"),
        ("Classify it: good :)", "Classify it: good :(", "letter by letter"),
        ("Count: the cat and dog", "Count: cat and dog", "letter by letter"),
        ("Fix it: the colour", "Fix it: the color", "letter by letter"),
        ("Check it:\na:\n  b: 1", "Check it:\na:\nb: 1", "letter by letter"),
        ("The cat is big.\nAsk so.", "The cat is large.\nAsk so.", "letter by letter"),
        ("Rate this text. A big car.", "Rate this text. A large car.", "letter by letter"),
        ("Summarise - a big car", "Summarise - a large car", "letter by letter"),
        ('Find "Paid"', 'Find "paid"', '"Paid"'),
        ("Rate 'I don't like big cars'", "Rate 'I don't like large cars'", "big cars"),
        ("Rate ‘a big car’", "Rate ‘a large car’", "a big car"),
        ('Rate "a big car', 'Rate "a large car', "letter by letter"),
        ("How many letters has big?", "How many letters has large?", "letter by letter"),
        ("Plural of mouse", "Plural of mice", "letter by letter"),
        ("Is the plural of 'cat' cat?", "Is the plural of 'cat' cats?", "letter by letter"),
        ("How do you spell please?", "How do you spell quickly?", "letter by letter"),
        ("What is big house in German?", "What is large house in German?", "letter by letter"),
        ("What are 3 mW in watts?", "What are 3 MW in watts?", "3 milliwatt / 3 megawatt"),
        ("Is 3mPa much?", "Is 3MPa much?", "mega"),
        ("Who pays for IT?", "Who pays for it?", "capitals_it"),
        ("Does it reach the U.S.?", "Does it reach us?", "capitals_us"),
        ("What does !x do?", "What does x do?", "nothing"),
        ("What is 5!", "What is 5?", "nothing"),
        ("What does ls -a do?", "What does ls -A do?", "capital_a"),
        ("What does List(x) do?", "What does list(x) do?", "letter by letter"),
        ("Is {'a': 1} JSON?", 'Is {"a": 1} JSON?', "'a'"),
        ("What does grep -iV do?", "What does grep -iv do?", "capital_v"),
        ("What does cd .. do?", "What does cd . do?", "nothing"),
        ("What gives %Y in date?", "What gives %y in date?", "capital_y"),
        ("Has Python True?", "Has Python true?", "letter by letter"),
        ("Is it organise or organize?", "Is it organize or organize?", "letter by letter"),
        ("Differ buy and purchase?", "Differ buy and buy?", "letter by letter"),
        ("Write that says a big car", "Write that says a large car", "letter by letter"),
        ('Find "small"', "Find small", '"small"'),
        ('Find "report"', "Find reports", '"report"'),
        ("Run `rm -r`", "Run `rm -R`", "`rm -r`"),
        ("Is Python 3.10 faster?", "Is Python 3.1 faster?", "3.10 / 3.1"),
        ("Is Ann in Rome or Bob in Oslo?", "Is Ann in Oslo or Bob in Rome?", "phrases"),
        (
            "Is it open on Monday to us and on Sunday to you?",
            "Is it open on Sunday to us and on Monday to you?",
            "in another order",
        ),
        ("People in cars on boats", "People on boats in cars", "in another order"),
        ("Where is zip 02134?", "Where is zip 2134?", "02134 / 2134"),
        ("Order 1234567890123", "Order 1234567890124", "1234567890123"),
        ("What is a broken heart?", "What is a break heart?", "break-ed / break"),
        ("What is boiling water?", "What is boiled water?", "boil-ing / boil-ed"),
        ("Is it ready to eat?", "Is it ready to be eaten?", "phrases"),
        ("Who is a doctor?", "Who is the doctor?", "a / nothing"),
        ("What is fooBar?", "What is foobar?", "foocapital_bar / foobar"),
        ("What is fast food?", "What is quick food?", "fast / quick"),
        ("What is common law?", "What is widespread law?", "common / widespread"),
        ("What is a flat tire?", "What is an apartment tire?", "flat / apartment"),
        ("How do I store wine?", "How do I shop wine?", "store / shop"),
        ("What is live music?", "What is reside music?", "liv / resid"),
        ("What is the highest house?", "What is the largest house?", "words"),
        ("What is car insurance?", "What is care insurance?", "car / care"),
        ("Which plan is quick?", "Which plane is quick?", "plan / airplan"),
        ("Define income", "What is the average of income?", "meaning / averag"),
        ("What is the difference of 9 and 4?", "What is the difference of 4 and 9?", "order"),
        ("Where does turkey come from?", "Where does Turkey come from?", "name_turkey"),
        ("How do I clean windows?", "How do I clean Windows?", "name_windows"),
        ("Turkey is where?", "turkey is where?", "either_turkey"),
        ("Where Is Turkey?", "Where is Turkey?", "either_turkey / name_turkey"),
        ("WHO LIKES US?", "who likes us?", "either_us"),
        ("Does the firm have a branch?", "Is the firm a branch?", "hav / nothing"),
        ("What do lawyers do?", "What are lawyers?", "do / nothing"),
        ("Who promised not to come?", "Who did not promise to come?", "in another order"),
        ("Did Ann say Bob is not ill?", "Did Ann not say Bob is ill?", "in another order"),
        ("Are there exactly 5 seats?", "Are there 5 seats?", "exactly / nothing"),
        ("Is any file deleted?", "Is the file deleted?", "any / nothing"),
        ("Which worker earns most?", "Which workers earn most?", "employe / employe+"),
        ("Who met the author?", "Who met the authors?", "author / author+"),
        ("Where are the goods?", "Where is the good?", "good+ / good"),
        ("Sort by name, then by age", "Sort by age, then by name", "in another order"),
        ("Did not all pass?", "Did all not pass?", "not these"),
        ("How do I list users?", "How do I show users?", "list / show"),
        ("Suggest a title", "Suggest titles", "1 / nothing"),
        ("If A fails, what does B do?", "If B fails, what does A do?", "phrases"),
        ("Which items cost over 20 euros?", "Which items cost at least 20 euros?", "phrases"),
        ("How much did it cost?", "How much does it cost?", "tense"),
        ("The capital of France", "The capital of Spain", "franc / spain"),
        ("How do I use find in Linux?", "How do I use locate in Linux?", "letter by letter"),
        ("What does SELECT do?", "What does CHOOSE do?", "letter by letter"),
        ("Who sang Help?", "Who sang Assist?", "letter by letter"),
        ("who sang let me help?", "who sang let me assist?", "letter by letter"),
        ("Who sang Thanks?", "Who sang Hello?", "letter by letter"),
        ("Who sang Believed?", "Who sang Believing?", "letter by letter"),
        ("Is Start owned by Begin?", "Is Begin owned by Start?", "letter by letter"),
        ("Does Start own Begin?", "Is Start owned by Begin?", "letter by letter"),
        ("How do I kill a child process?", "How do I kill a kid process?", "letter by letter"),
        ("Doctor Ann Lee was born when?", "Physician Ann Lee was born when?", "letter by letter"),
        ("How do I fix error 404?", "How do I fix mistake 404?", "error-no / mistak-no"),
    ],
)
def test_another_question_is_told_apart(one: str, other: str, reason: str) -> None:
    found = differences(one, other)
    assert found
    assert reason in "; ".join(found)


def test_every_near_miss_of_the_suites_for_development_is_told_apart() -> None:
    for part in ("dev", "dev2", "dev3", "dev4"):
        for line in (SUITES / f"near_misses_{part}.jsonl").read_text().splitlines():
            pair = json.loads(line)
            if pair["kind"] == "new each time":
                assert not question(pair["a"]).timeless, pair
            else:
                assert differences(pair["a"], pair["b"]), pair


def test_what_depends_on_the_day_is_seen_in_material_too() -> None:
    assert not question("Count the events: what happens today").timeless
    assert question("Count the events: what happens in May").timeless


@pytest.mark.parametrize(
    "prompt",
    [
        "Generate a password.",
        "Pick a random number.",
        "Invent a unique user id.",
        "Could you tell me another joke?",
        "Write a poem about spring.",
        "For my cat, suggest a name",
        "I run a bakery. Suggest a name for it.",
        "What is a good name for a cat?",
        "What is the weather in Oslo?",
        "What does Bitcoin cost?",
        "How much is a ticket?",
        "Is the shop open?",
        "What's the score of the match?",
        "What is the status of order 17?",
        "Who is the president of France?",
        "Roll a die.",
        "Where is my order?",
        "Has the parcel arrived?",
        "How much is 100 dollars in euros?",
    ],
)
def test_what_has_another_answer_each_time_is_seen(prompt: str) -> None:
    assert not question(prompt).timeless


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the capital of France?",
        "How do I create a new user?",
        "Write a Python function that sorts a list",
        "Write a summary of the email: the weather is random",
        "Suggest a title for the text: Ann wrote another poem",
        "What does HTTP status 418 mean?",
        "How much is 20% of 50?",
        "Who wrote the novel?",
    ],
)
def test_what_has_one_answer_may_be_given_again(prompt: str) -> None:
    assert question(prompt).timeless


@pytest.mark.parametrize(
    "unit",
    [
        *(".", "1.", "a.", "-", "1,", "a/", '"', "how many 5 ", "of the ", "so: ", "'a ", "A "),
        *("use a in ", "song a ", "is a or ", "between a and ", "What is ", "big-", "a sang "),
    ],
)
def test_a_prompt_made_to_be_slow_is_read_at_once(unit: str) -> None:
    prompt = (unit * 4_000)[:4_000]
    start = time.process_time()
    question(prompt)
    assert time.process_time() - start < 2
