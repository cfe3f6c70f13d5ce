using System.Runtime.Versioning;

namespace DelphiRunner.Engine.Tests;

/// <summary>A file that not even root can remove, as another user's is to an ordinary one: it has the immutable flag.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UndeletableFile : IDisposable
{
    private UndeletableFile(string path) => FullPath = path;

    public string FullPath { get; }

    public static UndeletableFile Make(string path)
    {
        File.WriteAllText(path, "x");
        Assume.That(ImmutableFlag.TrySet(path), Is.True, "This needs root, 'chattr' (package e2fsprogs), and a file system that knows its flags.");
        return new UndeletableFile(path);
    }

    public void Dispose() => ImmutableFlag.Clear(FullPath);
}
