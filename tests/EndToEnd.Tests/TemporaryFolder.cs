namespace DelphiRunner.EndToEnd.Tests;

/// <summary>A fresh folder that is removed when it is disposed.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("delphi-runner-").FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(FullPath, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
