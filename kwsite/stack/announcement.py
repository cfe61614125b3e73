"""What the operator reads once the stack is ready."""

from collections.abc import Mapping

from kwsite.stack.progress import console

TEXT = """
KernelWeave is ready after {seconds:.1f} s. Ctrl-C stops it.

  API      {base_url}
  API key  {api_key}
  Docs     {docs_url}
  Admin    {admin_url}
  Login    {admin_user}  {admin_password}

  from openai import OpenAI; client = OpenAI(base_url="{base_url}", api_key="{api_key}")
  reply = client.chat.completions.create(model="kernelweave", messages=[{message}])
  print(reply.choices[0].message.content)

  In another terminal, `make demo` shows the loop on real prompts."""
MESSAGE = '{"role": "user", "content": "Hello"}'


def announce(connection: Mapping[str, str], *, site_url: str, seconds: float) -> None:
    text = TEXT.format(
        **connection, docs_url=f"{site_url}/api/docs", seconds=seconds, message=MESSAGE
    )
    console.print(text, markup=False)
