namespace DelphiRunner.Contracts;

/// <summary>The settings that <c>runner.yaml</c> gives a plugin under <c>plugins.settings.&lt;Name&gt;</c>.</summary>
public sealed record HandlerSettings
{
    /// <summary>Gets the settings as the text of a JSON object, with the keys as written in YAML; <c>{}</c> when there are none.</summary>
    public required string Json { get; init; }

    /// <summary>Gets the absolute path of the folder that relative paths in the settings are relative to: the folder of <c>runner.yaml</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Makes a path of the settings absolute.</summary>
    /// <param name="path">An absolute path, or one relative to <see cref="Folder"/>.</param>
    /// <returns>The absolute path; nothing is read from the disk.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    public string ResolvePath(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Path.GetFullPath(path, Folder);
    }
}
