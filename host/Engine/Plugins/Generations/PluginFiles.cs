using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DelphiRunner.Engine.Plugins.Generations;

/// <summary>The files of a plugin's folder, as far as they belong to the plugin.</summary>
internal static class PluginFiles
{
    // The host brings the contracts. A copy beside the plugin would be another identity of the same types, so it never comes along.
    private const string ContractsFile = "DelphiRunner.Contracts.dll";

    /// <summary>How many hexadecimal digits of the SHA-256 name a state of a plugin.</summary>
    public const int HashLength = 12;

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 16,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    /// <summary>Lists the relative paths of the plugin's files with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> List(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", Everything)
            .Where(path => !Path.GetFileName(path).Equals(ContractsFile, StringComparison.OrdinalIgnoreCase))
            .Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Lists the absolute paths of everything below the folder.</summary>
    public static IEnumerable<string> ListFoldersAndFiles(string folder) => Directory.EnumerateFileSystemEntries(folder, "*", Everything);

    /// <summary>Computes the first 12 hexadecimal digits of the SHA-256 over the names, lengths and contents of the plugin's files.</summary>
    public static async Task<string> HashAsync(string folder, CancellationToken stoppingToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = new byte[sizeof(long)];
        foreach (var path in List(folder))
        {
            var content = await File.ReadAllBytesAsync(Path.Combine(folder, path), stoppingToken).ConfigureAwait(false);
            BinaryPrimitives.WriteInt64LittleEndian(length, content.LongLength);
            hash.AppendData(Encoding.UTF8.GetBytes(path + '\0'));
            hash.AppendData(length);
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..HashLength];
    }

    /// <summary>Copies the plugin's files into a new folder, without the right to write them.</summary>
    public static async Task CopyAsync(string from, string to, CancellationToken stoppingToken)
    {
        foreach (var path in List(from))
        {
            var source = Path.Combine(from, path);
            var target = Path.Combine(to, path);
            CreateFolder(Path.GetDirectoryName(target)!); // A path below a folder has a folder.
            var content = await File.ReadAllBytesAsync(source, stoppingToken).ConfigureAwait(false);
            await File.WriteAllBytesAsync(target, content, stoppingToken).ConfigureAwait(false);
            if (!OperatingSystem.IsWindows())
            {
                const UnixFileMode Write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
                File.SetUnixFileMode(target, File.GetUnixFileMode(source) & ~Write);
            }
        }
    }

    /// <summary>Creates a folder that only its owner can change, whatever the umask is.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        Directory.CreateDirectory(path, Read | Enter | UnixFileMode.UserWrite);
    }
}
