using DelphiRunner.Engine.Plugins;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Engine.Tests.Plugins;

/// <summary>A plugins folder and a generations folder of one test.</summary>
internal sealed class DropFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("delphi-plugins-").FullName;

    public DropFolder() => Directory.CreateDirectory(Folder);

    public string Folder => Path.Combine(_root, "plugins");

    public string Generations => Path.Combine(_root, "state", "plugins");

    public PluginOptions Options => new() { Folder = Folder };

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Drops test plugins as their build has published them.</summary>
    public DropFolder Drop(params string[] names)
    {
        foreach (var name in names)
            Copy(Repository.File("artifacts", "test-plugins", name), Path.Combine(Folder, name));

        return this;
    }

    public string File(string plugin, string file) => Path.Combine(Folder, plugin, file);

    public Task<PluginCatalog> LoadAsync(PluginOptions? options = null) =>
        PluginCatalog.LoadAsync(options ?? Options, _root, Generations, Loggers, Time, CancellationToken.None);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            System.IO.File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
