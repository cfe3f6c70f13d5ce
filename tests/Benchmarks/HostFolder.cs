namespace DelphiRunner.Benchmarks;

/// <summary>A fresh folder for one host, which goes with it.</summary>
internal sealed record HostFolder(string FullPath) : IDisposable
{
    public string State => Path.Combine(FullPath, "state");

    public string Configuration => Path.Combine(FullPath, "runner.yaml");

    /// <summary>The file that takes the jobs' log lines.</summary>
    public string Lines => Path.Combine(FullPath, "lines.log");

    public static HostFolder Create(string parent)
    {
        var folder = new HostFolder(Path.Combine(parent, Guid.NewGuid().ToString("N")));
        Directory.CreateDirectory(folder.State);
        return folder;
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
