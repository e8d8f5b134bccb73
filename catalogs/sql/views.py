"""The views of ``catalog.duckdb``: questions that many ask, over its tables alone.

A path inside a view would be looked up in the working folder of whoever opens the file, so there is none.
"""

from __future__ import annotations

VIEWS: dict[str, str] = {
    "dead_letters": """
        SELECT domain, stage, key, entity_id, attempts, reason AS error, detail AS last_error, run AS last_run
        FROM outcomes WHERE outcome = 'failed' ORDER BY domain, position, key""",
    "lineage": """
        SELECT key, shard, name AS member, role AS part, caption AS title, NULL AS sentence,
               url, revision, licence, author, fetched
        FROM images
        UNION ALL
        SELECT e.key, t.shard, e.key || '.json', 'evidence', e.title, e.sentence,
               e.url, e.revision, e.licence, e.author, e.fetched
        FROM evidence e JOIN (SELECT key, shard FROM trajectories) t USING (key)""",
    "picture_uses": """
        SELECT sha256, role AS used_as, left(key, 16) AS entity_id, key, NULL AS reason, shard FROM images
        UNION ALL
        SELECT sha256, 'candidate', left(key, 16), key, reason, NULL FROM candidates
        UNION ALL
        SELECT drawing, 'drawing', left(key, 16), key, NULL, NULL FROM proofs WHERE drawing IS NOT NULL
        UNION ALL
        SELECT unnest(ground_truth), 'ground truth', entity_id, NULL, NULL, NULL FROM entities""",
    "scores": """
        SELECT key, sha256, filter, unnest(map_keys(values)) AS measure, unnest(map_values(values)) AS value
        FROM measurements""",
    "yields": """
        SELECT domain, count(*) AS prompts,
               count(*) FILTER (stage = 'reserve' AND outcome = 'rejected') AS reserved,
               count(*) FILTER (shipped) AS proven,
               count(*) FILTER (stage <> 'reserve' AND outcome = 'rejected') AS rejected,
               count(*) FILTER (outcome = 'failed') AS failed,
               prompts - reserved - proven - rejected - failed AS unfinished,
               round(proven / nullif(prompts - reserved, 0), 3) AS yield
        FROM (SELECT domain, stage, outcome, key IN (SELECT key FROM trajectories) AS shipped FROM prompts)
        GROUP BY domain ORDER BY domain""",
    "changes": """
        WITH follows AS (SELECT run, lag(run) OVER (ORDER BY run) AS previous FROM runs
                         WHERE finished IS NOT NULL),
             sides AS (SELECT f.run, f.previous, stage, name, value AS after, NULL AS before
                       FROM follows f JOIN declarations d ON d.run = f.run WHERE f.previous IS NOT NULL
                       UNION ALL
                       SELECT f.run, f.previous, stage, name, NULL, value
                       FROM follows f JOIN declarations d ON d.run = f.previous)
        SELECT run, previous, stage, name, max(before) AS before, max(after) AS after
        FROM sides GROUP BY run, previous, stage, name
        HAVING max(before) IS DISTINCT FROM max(after) ORDER BY run, stage, name""",
}
"""Name -> query."""
