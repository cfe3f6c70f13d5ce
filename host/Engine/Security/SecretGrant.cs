namespace DelphiRunner.Engine.Security;

/// <summary>A secret that a job type is granted, and how its commands get it.</summary>
/// <param name="Name">The secret's name.</param>
/// <param name="AsFile">Whether it is in a file whose path its variable holds, and not in the variable itself.</param>
internal readonly record struct SecretGrant(string Name, bool AsFile = false)
{
    /// <summary>The variable that the command looks at: the secret's name, or with <c>_FILE</c> behind it.</summary>
    public string Variable => AsFile ? $"{Name}_FILE" : Name;
}
