"""A window of the browser: signed in, with a record of what went wrong in it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, Request

from tests.browser.console import Console

WIDTH, HEIGHT, TALL = 1280, 860, 2200
COLOURS = 128  # of a picture
STILL = "*, *::before, *::after { transition: none !important; animation: none !important }"
HERE = ("127.0.0.1", "localhost")


class Visit:
    """`errors` are what the console of the browser says, `outside` what was asked elsewhere."""

    def __init__(
        self, browser: Browser, console: Console, *, zone: str = "Europe/Berlin", signed: str = "in"
    ) -> None:
        self.console = console
        self.errors: list[str] = []
        self.outside: list[str] = []
        self._context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, timezone_id=zone, color_scheme="light"
        )
        self._context.on("request", self._note)
        self.page: Page = self._context.new_page()
        self.page.on(
            "console", lambda said: self._tell(said.text) if said.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self._tell(str(error)))
        if signed == "in":
            self.sign_in()

    def close(self) -> None:
        self._context.close()

    def sign_in(self) -> None:
        self.open("login/")
        self.page.get_by_label("Username").fill(self.console.stack.admin_user)
        self.page.get_by_label("Password").fill(self.console.stack.admin_password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/admin/")
        self.settle()

    def open(self, path: str) -> int:
        """The status of a page below /admin/, or at a whole address."""
        url = path if path.startswith("http") else f"{self.console.url}{path}"
        answer = self.page.goto(url)
        self.settle()
        assert answer is not None
        return answer.status

    def settle(self) -> None:
        """Returns once scripts have drawn the page; nothing moves in it from then on."""
        self.page.wait_for_load_state("load")
        self.page.add_style_tag(content=STILL)
        self.page.wait_for_function("() => !document.documentElement.hasAttribute('x-cloak')")

    @property
    def theme(self) -> str:
        return str(
            self.page.evaluate(
                "() => document.documentElement.classList.contains('dark') ? 'dark' : 'light'"
            )
        )

    def show(self, theme: str) -> None:
        """By the theme's own key, which goes from one to the other."""
        for _ in range(2):
            if self.theme != theme:
                self.page.keyboard.press("Control+e")
                self.page.wait_for_timeout(50)
        assert self.theme == theme

    def measure(self, script: str) -> Any:
        return self.page.evaluate(script)

    def tall_picture(self, folder: Path | None, name: str) -> None:
        """Of the first screens of a long page."""
        self.page.set_viewport_size({"width": WIDTH, "height": TALL})
        self.picture(folder, name)
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def picture(self, folder: Path | None, name: str) -> None:
        """Of the window, where pictures are wanted."""
        if folder is None:
            return
        file = folder / f"{name}.png"
        self.page.screenshot(path=file)
        with Image.open(file) as taken:
            few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(file, optimize=True)

    def _tell(self, error: str) -> None:
        self.errors.append(f"{self.page.url}: {error}")

    def _note(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in HERE:
            self.outside.append(request.url)
