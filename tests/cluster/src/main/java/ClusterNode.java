import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.env.Environment;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * One node, configured by {@code config/opensearch.yml} in the folder that is its only argument.
 *
 * <p>It lives as long as its standard input is open: a test process that dies, however, leaves no node behind.
 */
public final class ClusterNode extends Node {
  private static final Collection<Class<? extends Plugin>> MODULES =
      List.of(Netty4Plugin.class, CommonAnalysisPlugin.class, ReindexPlugin.class, PainlessPlugin.class);

  private ClusterNode(Environment environment) {
    super(environment, MODULES, true);
  }

  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]);
    Node node =
        new ClusterNode(
            InternalSettingsPreparer.prepareEnvironment(
                org.opensearch.common.settings.Settings.builder().put("path.home", home).build(),
                Map.of(),
                home.resolve("config"),
                () -> "node"));
    node.start();
    Thread watch = new Thread(ClusterNode::untilInputEnds, "input");
    watch.setDaemon(false);
    watch.start();
    watch.join();
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
