import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;

/**
 * One node in the folder that is its only argument: {@code config/opensearch.yml}, {@code modules} and {@code plugins}.
 *
 * <p>It lives as long as its standard input is open: a test process that dies, however, leaves no node behind.
 */
public final class ClusterNode extends Node {
  private ClusterNode(Environment environment) {
    super(environment, List.of(), true);
  }

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    Settings settings = Settings.builder().put("path.home", home).build();
    Node node =
        new ClusterNode(
            InternalSettingsPreparer.prepareEnvironment(
                settings, Map.of(), home.resolve("config"), () -> "node"));
    node.start();
    untilInputEnds();
    node.close();
    System.exit(0);
  }

  private static void untilInputEnds() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException closed) {
      // As good as its end.
    }
  }
}
