"""What importing the package costs a web application."""

import subprocess
import sys

HEAVY = ["celery", "kombu", "billiard", "requests", "sentry_sdk", "outhaul_worker", "outhaul_ops", "urllib3", "rich"]
OF_THE_API = ["flask", "flask_smorest", "gunicorn", "werkzeug", "prometheus_client", "cryptography.hazmat"]


def test_importing_the_package_imports_neither_celery_nor_destinations() -> None:
    """A fresh interpreter that imports the package, and what it loads lazily, has none of the worker's modules."""
    code = (
        "import sys, outhaul_producers, outhaul_producers.receive, outhaul_producers.client as client\n"
        "client.connection()\n"
        f"print(sorted(set({HEAVY + OF_THE_API!r}) & set(sys.modules)))"
    )
    environment = {"OUTHAUL_LEDGER_URL": "redis://127.0.0.1:1/0"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.strip() == "[]"
