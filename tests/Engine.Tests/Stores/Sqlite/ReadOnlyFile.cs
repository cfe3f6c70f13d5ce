using System.Runtime.Versioning;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

/// <summary>A file that this process cannot write, whoever it is: by mode, and for root by the immutable flag.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class ReadOnlyFile : IDisposable
{
    private readonly string _file;
    private readonly string _folder;

    private ReadOnlyFile(string file, string folder) => (_file, _folder) = (file, folder);

    public static ReadOnlyFile? TryMake(string file, string folder)
    {
        var readOnly = new ReadOnlyFile(file, folder);
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        if (!Environment.IsPrivilegedProcess || ImmutableFlag.TrySet(file))
        {
            return readOnly;
        }

        readOnly.Dispose();
        return null;
    }

    public void Dispose()
    {
        if (Environment.IsPrivilegedProcess)
        {
            ImmutableFlag.Clear(_file);
        }

        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(_file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
