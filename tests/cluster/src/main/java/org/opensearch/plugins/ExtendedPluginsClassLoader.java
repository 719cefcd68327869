package org.opensearch.plugins;

import java.util.List;

/**
 * What a plugin sees of the plugins that it extends.
 *
 * <p>The server looks for this class by its name, to put it between itself and the plugins; the jar that has it in a
 * distribution is not in Maven Central.
 */
public final class ExtendedPluginsClassLoader extends ClassLoader {
  private final List<ClassLoader> extended;

  private ExtendedPluginsClassLoader(ClassLoader server, List<ClassLoader> extended) {
    super(server);
    this.extended = List.copyOf(extended);
  }

  /** Called by {@code PluginsService}. */
  public static ExtendedPluginsClassLoader create(ClassLoader server, List<ClassLoader> extended) {
    return new ExtendedPluginsClassLoader(server, extended);
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    for (ClassLoader plugin : extended) {
      try {
        return plugin.loadClass(name);
      } catch (ClassNotFoundException notHere) {
        // Another of them may have it.
      }
    }
    throw new ClassNotFoundException(name);
  }
}
