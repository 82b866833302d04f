# Sortie in a container. Ports: 5760/tcp and 14550/udp, MAVLink, unsigned (--insecure): publish them to the host's
# loopback only, or mount a key and give --signing-key:
#   docker build -t sortie . && docker run --rm -p 127.0.0.1:5760:5760 -p 127.0.0.1:14550:14550/udp sortie
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 sortie
COPY --chown=sortie . /home/sortie/src
USER sortie
WORKDIR /home/sortie
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir ./src
ENV PATH=/home/sortie/.venv/bin:$PATH XDG_STATE_HOME=/home/sortie/state
EXPOSE 5760/tcp 14550/udp
HEALTHCHECK --interval=10s --timeout=5s CMD ["sortie", "status", "--connect", "tcp:127.0.0.1:5760"]
CMD ["sortie", "serve", "--link", "tcpin:0.0.0.0:5760", "--link", "udpin:0.0.0.0:14550", "--insecure"]
