namespace DelphiRunner.Engine.Plugins;

/// <summary>Thrown when a plugin, or the plugins folder, cannot be used. The message says why and what to do.</summary>
/// <param name="message">What failed, with the plugin or folder in quotes.</param>
/// <param name="innerException">The cause, if any.</param>
internal sealed class PluginException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The plugins that could not be used, when the exception speaks of several; otherwise empty.</summary>
    public IReadOnlyList<QuarantinedPlugin> Plugins { get; init; } = [];
}
