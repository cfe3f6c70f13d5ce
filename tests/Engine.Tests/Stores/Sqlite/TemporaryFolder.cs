namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

/// <summary>A folder of one test.</summary>
internal sealed class TemporaryFolder
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("delphi-runner-store-");

    public string this[string name] => Path.Combine(_folder.FullName, name);

    public override string ToString() => _folder.FullName;

    public void Delete() => _folder.Delete(recursive: true);
}
