using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine;

/// <summary>
/// Where attempts get secrets as files: a folder of the host's own in memory (<c>/dev/shm</c>), where nothing reaches a disk and a machine's
/// end removes it; where there is no such place, <c>state/secrets</c>. Each attempt has a folder in it, which is there only while it runs.
/// </summary>
/// <remarks>In memory it has a name that nobody can foresee, and <c>state/secrets</c> is a link to it, by which the next start finds what a killed host left.</remarks>
internal sealed class SecretFolder(string state) : IDisposable
{
    private const string Memory = "/dev/shm";
    private const string Prefix = "delphi-runner-";

    /// <summary>Its absolute path; before it is opened, where it would be without memory.</summary>
    public string Path { get; private set; } = PlaceIn(state);

    /// <summary>Its path once it is opened, or null.</summary>
    public string? OpenPath { get; private set; }

    public bool IsInMemory => Path != PlaceIn(state);

    /// <summary>Makes the folder, private to its owner.</summary>
    public void Open()
    {
        Path = InMemory() ?? WorkFolders.MakePrivate(PlaceIn(state));
        OpenPath = Path;
    }

    /// <summary>Removes what a killed host left behind.</summary>
    public static void RemoveLeftover(string state)
    {
        var place = new DirectoryInfo(PlaceIn(state));
        if (place.LinkTarget is not { } target)
        {
            FolderRemoval.Remove(place.FullName);
            return;
        }

        if (System.IO.Path.GetDirectoryName(target) == Memory && System.IO.Path.GetFileName(target).StartsWith(Prefix, StringComparison.Ordinal))
        {
            FolderRemoval.Remove(target);
        }

        // Which removes a link that leads nowhere, too.
        File.Delete(place.FullName);
    }

    public void Dispose()
    {
        if (OpenPath is null)
        {
            return;
        }

        try
        {
            RemoveLeftover(state);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next start finds it by the same link, and says what it cannot remove.
        }
    }

    private static string PlaceIn(string state) => System.IO.Path.Combine(state, "secrets");

    private string? InMemory()
    {
        try
        {
            // Only there is a name kept from others who may write beside it.
            if (!OperatingSystem.IsLinux() || new DirectoryInfo(Memory).LinkTarget is not null || new DriveInfo(Memory).DriveFormat != "tmpfs" || !File.GetUnixFileMode(Memory).HasFlag(UnixFileMode.StickyBit))
            {
                return null;
            }

            var folder = System.IO.Path.Combine(Memory, $"{Prefix}{Guid.NewGuid():N}");
            // The link first: what is not linked would be found by nobody.
            File.CreateSymbolicLink(PlaceIn(state), folder);
            return WorkFolders.MakePrivate(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A system without it, or one that keeps it from this user: then the state folder, as said at start.
            File.Delete(PlaceIn(state));
            return null;
        }
    }
}
