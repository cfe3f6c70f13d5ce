using System.Diagnostics;

namespace DelphiRunner.Child;

/// <summary>Children that leave others behind.</summary>
internal static class Family
{
    public static int? Run(string command, string[] rest)
    {
        switch (command)
        {
            case "hold-pipe":
                // A grandchild that was started without redirection has this process' pipes.
                using (Process.Start("sleep", rest[0]))
                    Console.WriteLine("left");
                return 0;
            case "leave-behind":
                using (var left = Process.Start("sh", ["-c", "exec sleep 300 >/dev/null 2>&1 </dev/null"]))
                    Console.WriteLine(left.Id);
                return 5;
            default:
                return null;
        }
    }
}
