"""The pipeline's flows: gather, decide by `domain`, apply. A flow may be killed anywhere and begun again."""
