FROM python:3.13-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements-postgres.txt .
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements-postgres.txt

COPY bot.py .
COPY cogs cogs
COPY hailuo hailuo
COPY locales locales
RUN useradd --uid 10001 --create-home hailuo && install -d -o hailuo /app/data
USER hailuo
VOLUME /app/data

# SIGTERM lets a paid request under way finish; see stop_grace_period in compose.yaml.
CMD ["python", "bot.py"]
