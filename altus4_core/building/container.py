"""The step `container`: a file from which an image is made of the wheelhouse, without any index."""

from collections.abc import Sequence

from altus4_core.building.files import text_digest, write_whole
from altus4_core.building.plan import BuildPlan
from altus4_core.building.skeleton import SETTINGS
from altus4_core.building.wheelhouse import REQUIREMENTS, WHEELHOUSE

STEP = "container"
CONTAINERFILE = "Containerfile"

_TEXT = f"""\
# Made by altus4 build. In this folder: docker build -f {CONTAINERFILE} -t altus4 .
# Secrets come from the environment or from files at run time; none is in the image.
FROM {{image}} AS install
COPY {WHEELHOUSE} /build/{WHEELHOUSE}
COPY {REQUIREMENTS} /build/
RUN python -m venv /opt/altus4 \\
 && /opt/altus4/bin/python -m pip install --no-cache-dir --no-index --find-links /build/{WHEELHOUSE} \\
    --require-hashes -r /build/{REQUIREMENTS}

FROM {{image}}
RUN useradd --system altus4
COPY --from=install /opt/altus4 /opt/altus4
COPY {SETTINGS} /etc/altus4/altus4.toml
USER altus4
WORKDIR /etc/altus4
ENV PATH=/opt/altus4/bin:$PATH ALTUS4_CONFIG=/etc/altus4/altus4.toml ALTUS4_HOST=0.0.0.0
EXPOSE 3000
STOPSIGNAL SIGTERM
CMD ["altus4", "serve"]
"""


class Container:
    """Writes the container file."""

    def __init__(self, plan: BuildPlan) -> None:
        self._plan = plan

    def fingerprint(self) -> str:
        """Give what it depends on."""
        return text_digest(STEP, _TEXT, self._plan.image)

    def run(self) -> tuple[Sequence[str], str]:
        """Write it."""
        write_whole(self._plan.output / CONTAINERFILE, _TEXT.format(image=self._plan.image))
        return [CONTAINERFILE], f"{CONTAINERFILE}, from {self._plan.image}"
