from searchkit.testing import EngineContract


class TestTantivy(EngineContract):
    engine_name = "tantivy"
