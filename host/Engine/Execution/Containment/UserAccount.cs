using System.Globalization;
using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>A user of this machine, as <c>/etc/passwd</c> lists it.</summary>
internal readonly partial record struct UserAccount(uint Id, uint Group)
{
    public static UserAccount? Find(string name)
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields.Length > 3 && fields[0] == name
                && uint.TryParse(fields[2], CultureInfo.InvariantCulture, out var id) && uint.TryParse(fields[3], CultureInfo.InvariantCulture, out var group))
                return new UserAccount(id, group);
        }

        return null;
    }

    /// <summary>Makes a file or folder the user's own.</summary>
    /// <exception cref="IOException">The system refuses it.</exception>
    public void Own(string path)
    {
        if (ChangeOwner(path, Id, Group) != 0)
            throw new IOException($"The owner of '{path}' could not be changed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Makes what was another user's root's again; if it went away, nothing.</summary>
    public static void TryTakeBack(string path) => _ = ChangeOwner(path, 0, 0);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
