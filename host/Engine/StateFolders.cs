using Microsoft.Extensions.Logging;

namespace DelphiRunner.Engine;

/// <summary>What attempts use of the state folder, and of the memory beside it.</summary>
/// <param name="path">The absolute path of the state folder.</param>
/// <param name="loggers">Makes the loggers.</param>
internal sealed class StateFolders(string path, ILoggerFactory loggers) : IDisposable
{
    public string Path => path;

    public WorkFolders Work { get; } = new(path, loggers.CreateLogger<WorkFolders>());

    public SecretFolder Secrets { get; } = new(path);

    /// <summary>Where work folders of failed attempts go; null keeps none.</summary>
    public FailedFolders? Failed { get; init; }

    public void Dispose()
    {
        Failed?.Dispose();
        Work.Dispose();
        Secrets.Dispose();
    }
}
