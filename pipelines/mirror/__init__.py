"""Push and pull: an output folder kept in a store, for keeps and for other machines.

A run works in a folder, because it appends, renames and locks. A store (`catalogs.store`) holds the same
files under the same names, which is all that object stores can do, and two objects more:

    store.json      digests of what has no digest in its name, and what a push under way may have replaced
    push.lock       who pushes

What is promised when a push is killed, and what is not, stands in docs/storage.md.
"""

from pipelines.mirror.pull import Pulled, pull
from pipelines.mirror.push import Pushed, push

__all__ = ["Pulled", "Pushed", "pull", "push"]
