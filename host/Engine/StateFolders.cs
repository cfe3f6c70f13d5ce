namespace DelphiRunner.Engine;

/// <summary>What attempts use of the state folder, and of the memory beside it.</summary>
/// <param name="path">The absolute path of the state folder.</param>
internal sealed class StateFolders(string path) : IDisposable
{
    public string Path => path;

    public WorkFolders Work { get; } = new(path);

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
