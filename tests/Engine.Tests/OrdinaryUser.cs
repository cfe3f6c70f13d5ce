using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DelphiRunner.Engine.Tests;

/// <summary>Does something with files as a user to whom they can be closed: root, to whom none can, becomes another for that.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class OrdinaryUser
{
    private const uint Nobody = 65534;

    public static void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (Environment.IsPrivilegedProcess && OperatingSystem.IsLinux())
                {
                    // Of this thread alone, which with it loses root's rights over files.
                    _ = SetUserOfFiles(Nobody);
                }

                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetUserOfFiles(uint id);
}
